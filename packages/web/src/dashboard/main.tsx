// The page …/console/dashboard.
import { render } from "preact";
import { ClusterClient } from "../cluster-api/cluster-client.ts";
import { clusterOf } from "../shared/cluster-page.ts";
import { App } from "./app.tsx";
import { PageContext } from "./hooks.ts";

const cluster = clusterOf(location.pathname);
const place = document.getElementById("page");
if (cluster !== undefined && place !== null) {
  const page = { client: new ClusterClient(cluster.base), cluster: cluster.name, base: cluster.base };
  render(
    <PageContext.Provider value={page}>
      <App />
    </PageContext.Provider>,
    place,
  );
}
