// Optional parts of dependencies that CKE never uses are left out of the bundles. A dependency that tries an add-on and
// goes on without it must get an exception, as if the add-on were not installed: an empty module would be taken for the
// add-on, and the first call of one of its functions would end the program.
import type { Plugin } from "esbuild";

/** ws's native add-ons. ws tries them and has its own code for both. */
const tried = /^(bufferutil|utf-8-validate)$/;
/** dockerode's ssh transport. dockerode loads it always and calls it only for ssh:// addresses, which CKE does not support. */
const neverCalled = /^(cpu-features|ssh2)$/;
/** What dockerode loads always and uses only to build images, which CKE never does: with it comes the whole of protobufjs. */
const forBuilds = /^(\.\/session|\.\/buildkit|tar-fs|@balena\/dockerignore)$/;
const dockerode = /\/dockerode\/lib\/[^/]+$/;

/** Leaves the optional modules out. */
export const optionalModules: Plugin = {
  name: "optional-modules",
  setup(setup) {
    setup.onResolve({ filter: tried }, ({ path }) => ({ path, namespace: "tried" }));
    setup.onLoad({ filter: /.*/, namespace: "tried" }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of this program`)});`,
    }));
    setup.onResolve({ filter: neverCalled }, ({ path }) => ({ path, namespace: "never-called" }));
    setup.onResolve({ filter: forBuilds }, ({ path, importer }) =>
      dockerode.test(importer) ? { path, namespace: "never-called" } : undefined,
    );
    setup.onLoad({ filter: /.*/, namespace: "never-called" }, () => ({ contents: "module.exports = {};" }));
  },
};
