// A whole program: lists once, says how many there are, and is done.
import { connectKubernetes } from "../../src/cluster/connect.ts";

await using cluster = await connectKubernetes({
  kubeconfig: Deno.args[0],
  isolateRoots: Deno.args[1] === "isolated",
});
const { items } = await cluster.list("VirtualService");
await Deno.stdout.write(new TextEncoder().encode(String(items.length)));
