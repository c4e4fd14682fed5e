"""Where shards are computed: in this process, or by the workers of a Dask cluster."""
