// A program that goes to several clusters: says of each how many there are,
// or why not.
import { connectKubernetes } from "../../src/cluster/connect.ts";

for (const kubeconfig of Deno.args) {
  await using cluster = await connectKubernetes({
    kubeconfig,
    isolateRoots: true,
  });
  const said = await cluster.list("VirtualService").then(
    ({ items }) => String(items.length),
    (error) => String(error),
  );
  await Deno.stdout.write(new TextEncoder().encode(`${said}\n`));
}
