namespace FeatureStore.DevSidecar.State.Redis;

/// <summary>
/// daprd's scripts to the character: Redis puts their SHA1 and line numbers into its error messages.
/// </summary>
internal static class RedisStateScripts
{
    public const string Set =
        "\n"
        + "\tlocal etag = redis.pcall(\"HGET\", KEYS[1], \"version\");\n"
        + "\tif type(etag) == \"table\" then\n"
        + "\t  redis.call(\"DEL\", KEYS[1]);\n"
        + "\tend;\n"
        + "\tlocal fwr = redis.pcall(\"HGET\", KEYS[1], \"first-write\");\n"
        + "\tif not etag or type(etag)==\"table\" or etag == \"\" or etag == ARGV[1] or (not fwr and ARGV[1] == \"0\") then\n"
        + "\t  redis.call(\"HSET\", KEYS[1], \"data\", ARGV[2]);\n"
        + "\t  if ARGV[3] == \"0\" then\n"
        + "\t    redis.call(\"HSET\", KEYS[1], \"first-write\", 0);\n"
        + "\t  end;\n"
        + "\t  return redis.call(\"HINCRBY\", KEYS[1], \"version\", 1)\n"
        + "\telse\n"
        + "\t  return error(\"failed to set key \" .. KEYS[1])\n"
        + "\tend";

    public const string Delete =
        "\n"
        + "\tlocal etag = redis.pcall(\"HGET\", KEYS[1], \"version\");\n"
        + "\tif not etag or type(etag)==\"table\" or etag == ARGV[1] or etag == \"\" or ARGV[1] == \"0\" then\n"
        + "\t  return redis.call(\"DEL\", KEYS[1])\n"
        + "\telse\n"
        + "\t  return error(\"failed to delete \" .. KEYS[1])\n"
        + "\tend";
}
