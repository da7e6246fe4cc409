/**
 * The program of the page that `graph -o html` writes. It runs in a browser,
 * from disk, without a network: it explains requests by what the page holds,
 * with the code and in the words of `istiops explain`, and shows their way in
 * the picture. `deno task page` bundles it into `render/graph_script.ts`.
 *
 * @module
 */

/// <reference lib="dom" />

import { explainRequest, type Explanation } from "../istio/explanation.ts";
import { wayIn } from "../istio/graph_path.ts";
import { worldFrom } from "../istio/graph_world.ts";
import { renderExplanation } from "../render/explain.ts";
import type { PageData } from "../render/graph_html.ts";
import { type Form, readForm } from "./form.ts";
import { Picture } from "./picture.ts";

const element = <T extends HTMLElement>(id: string): T =>
  document.getElementById(id) as T;

const data: PageData = JSON.parse(element("data").textContent ?? "");
const world = worldFrom(data.world);
const picture = new Picture(data);
const form = element<HTMLFormElement>("ask");
const answer = element("answer");
const words = element("answer-words");

function formOf(): Form {
  const value = (id: string) =>
    element<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>(id)
      .value;
  return {
    method: value("method"),
    url: value("url"),
    headers: value("headers"),
    client: value("client"),
    namespace: value("namespace"),
    labels: value("labels"),
  };
}

/** As many characters as stand beside each other there. */
function columnsOf(place: HTMLElement): number {
  const probe = document.createElement("span");
  probe.textContent = "m".repeat(20);
  place.replaceChildren(probe);
  const width = probe.getBoundingClientRect().width / 20;
  return Math.max(24, Math.floor(place.clientWidth / width));
}

function show(text: string, state: "told" | "wrong"): void {
  answer.hidden = false;
  answer.className = state;
  words.textContent = text;
}

function ask(): void {
  const read = readForm(formOf());
  if (!read.ok) {
    picture.clear();
    show(read.why, "wrong");
    element(read.field).focus();
    return;
  }
  const { request, client } = read.asked;
  const explanation = explainRequest(world, client, request);
  const way = wayIn(data, explanation);
  picture.show(way);
  picture.reveal(way, data.detail === "rules" ? "rule" : "virtualService");
  // Hidden, it has no width.
  answer.hidden = false;
  const text = renderExplanation(
    {
      apiVersion: "istiops/v1",
      kind: "TrafficExplanation",
      target: {
        source: "custom",
        server: data.where,
        namespace: data.namespace,
        flags: [],
      },
      ...explanation,
      // They are told in the picture, at what they are about.
      findings: [],
      unread: data.unread,
    },
    { color: false, width: columnsOf(words) },
  );
  show(`${unheld(explanation)}${text}`, "told");
}

/** What the page does not hold may be there all the same. */
function unheld({ outcome, virtualService }: Explanation): string {
  const isHeld = virtualService !== undefined || outcome === "default";
  return isHeld
    ? ""
    : "This page holds no rule for this host, client and port. Elsewhere there may be one: istiops explain asks the cluster.\n\n";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
element("clear").addEventListener("click", () => {
  form.reset();
  picture.clear();
  answer.hidden = true;
  element("url").focus();
});
element("client").addEventListener("change", () => {
  // A gateway's workload is where its Gateway is, unless it is said.
  const [home = ""] = formOf().client.split("/");
  element<HTMLInputElement>("namespace").value = home || data.namespace;
});
