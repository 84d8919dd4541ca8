// The code under test: it knows nothing of the sandbox.
import OSS from "ali-oss";

/** Stores photos below one prefix. `connection`: the options of ali-oss, with keys. */
export function photoStore(connection, prefix) {
  const client = new OSS(connection);
  return {
    save: (name, bytes) => client.put(`${prefix}${name}`, bytes, { mime: "image/jpeg" }),

    async names() {
      const { objects } = await client.list({ prefix, "max-keys": 1000 });
      return (objects ?? []).map(({ name }) => name.slice(prefix.length));
    },

    /** undefined where there is no such photo. */
    async load(name) {
      try {
        return (await client.get(`${prefix}${name}`)).content;
      } catch (error) {
        if (error.code === "NoSuchKey") return undefined;
        throw error;
      }
    },
  };
}
