"""The typed Python client of a GraphFlow server: submit, follow, fetch."""

from graphflow.client.async_client import AsyncClient
from graphflow.client.client import Client, Job
from graphflow.client.errors import ApiError, JobNotDone, Unreachable
from graphflow.client.jobs import AsyncJob

__all__ = ["ApiError", "AsyncClient", "AsyncJob", "Client", "Job", "JobNotDone", "Unreachable"]
