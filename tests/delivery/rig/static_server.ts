/**
 * A plain static server on loopback, as any web server is one: files and
 * nothing else.
 *
 * @module
 */

/** A server that can go. */
export interface StaticServer extends AsyncDisposable {
  /** Ends in a slash. */
  readonly url: string;
  /** Paths in the order they were asked for. */
  readonly asked: readonly string[];
}

/** Serves the files of one folder. */
export function serveFolder(folder: string): StaticServer {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      const path = new URL(url).pathname;
      asked.push(path);
      try {
        return new Response(await Deno.readFile(folder + path), {
          headers: {
            "content-type": path.endsWith(".js")
              ? "text/javascript"
              : "application/octet-stream",
          },
        });
      } catch {
        return new Response("not here\n", { status: 404 });
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
