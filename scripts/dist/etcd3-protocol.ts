// etcd3 reads its .proto files when it is loaded, but an executable has no files beside it. This plugin puts them into
// the bundle as a JSON value.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";
import protobuf from "protobufjs";

const loading = /loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`, /;

/** Puts etcd's protocol into etcd3's module. Throws when that module has changed its form. */
export const etcd3Protocol: Plugin = {
  name: "etcd3-protocol",
  setup(setup) {
    setup.onLoad({ filter: /etcd3\/lib\/connection-pool\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!loading.test(source))
        throw new Error(`${path} loads its protocol in another way: mend ${import.meta.filename}`);
      return { contents: source.replace(loading, () => `fromJSON)(${protocolJson(dirname(path))}, `), loader: "js" };
    });
  },
};

function protocolJson(directory: string): string {
  const root = new protobuf.Root();
  const proto = join(directory, "../proto");
  root.resolvePath = (_origin, target) => (target.startsWith("/") ? target : join(proto, target));
  root.loadSync(join(proto, "rpc.proto"), { keepCase: true });
  return JSON.stringify(root.toJSON());
}
