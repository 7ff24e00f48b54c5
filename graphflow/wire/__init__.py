"""What travels between our server and its clients, as models: the one source of the OpenAPI document."""
