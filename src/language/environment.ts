/**
 * The environment variables that a person sets for this tool, or for all tools
 * of its kind. What the system sets for every program (HOME, PATH, TERM, the
 * address of the API server in a Pod) steers nothing by itself and is not here.
 *
 * @module
 */

/** One environment variable. */
export interface Variable {
  readonly name: string;
  /** How its value is written in help; absent where any that is not empty means the same. */
  readonly placeholder?: string;
  /** The option that goes before it. */
  readonly option?: string;
  /** One sentence without a final period. */
  readonly doc: string;
}

/** Every one of them. */
export const ENVIRONMENT: readonly Variable[] = [
  {
    name: "KUBECONFIG",
    placeholder: "FILES",
    option: "kubeconfig",
    doc: "Kubeconfigs, joined as kubectl does; ~/.kube/config by default",
  },
  {
    name: "KUBERC",
    placeholder: "FILE",
    doc: "Your kuberc, which says what plugins may run; off for none",
  },
  {
    name: "KUBECTL_KUBERC",
    placeholder: "BOOL",
    doc: "false leaves your kuberc out",
  },
  {
    name: "HTTPS_PROXY",
    placeholder: "URL",
    doc:
      "Proxy to API servers over TLS, also in lower case; a cluster's proxy-url goes before",
  },
  {
    name: "HTTP_PROXY",
    placeholder: "URL",
    doc: "Proxy to API servers without TLS, also in lower case",
  },
  {
    name: "NO_PROXY",
    placeholder: "HOSTS",
    doc:
      "Hosts, domains and networks that no proxy is used for, also in lower case",
  },
  {
    name: "SSL_CERT_FILE",
    placeholder: "FILE",
    doc: "Certificate authorities, where the kubeconfig names none",
  },
  {
    name: "XDG_CONFIG_HOME",
    placeholder: "FOLDER",
    doc: "Where istiops/config.yaml lies; ~/.config by default",
  },
  {
    name: "XDG_STATE_HOME",
    placeholder: "FOLDER",
    doc:
      "Where history, names and the sandbox are kept; ~/.local/state by default",
  },
  {
    name: "NO_COLOR",
    option: "no-color",
    doc: "No colour, unless it is empty",
  },
];
