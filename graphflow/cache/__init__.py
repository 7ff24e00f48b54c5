"""Kept results: a floor in memory, a floor on disk, and the work that is under way."""

from graphflow.cache.disk import DiskCache
from graphflow.cache.flights import Flights, Lead, Wait
from graphflow.cache.floors import Budgets, Cache, CacheStatistics
from graphflow.cache.memory import MemoryCache, Outputs, Statistics

__all__ = [
    "Budgets",
    "Cache",
    "CacheStatistics",
    "DiskCache",
    "Flights",
    "Lead",
    "MemoryCache",
    "Outputs",
    "Statistics",
    "Wait",
]
