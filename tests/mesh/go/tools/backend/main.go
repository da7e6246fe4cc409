// Command backend answers for every pod at once: on all addresses of its
// network, with the address that was asked for in `x-pod` and in the body.
//
//	backend -listen :5000,:8080
//
// A path `/echo` gives the request as it arrived: what a proxy did to it.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"strings"
)

func main() {
	listen := flag.String("listen", ":5000", "addresses, with commas between")
	flag.Parse()
	failed := make(chan error)
	for _, address := range strings.Split(*listen, ",") {
		go func() { failed <- http.ListenAndServe(address, http.HandlerFunc(answer)) }()
	}
	log.Fatalf("listen on %q: %v", *listen, <-failed)
}

func answer(to http.ResponseWriter, request *http.Request) {
	local := request.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
	pod, _, err := net.SplitHostPort(local)
	if err != nil {
		http.Error(to, err.Error(), http.StatusInternalServerError)
		return
	}
	to.Header().Set("x-pod", pod)
	if !strings.HasPrefix(request.URL.Path, "/echo") && request.Header.Get("x-echo") == "" {
		to.Write([]byte(pod + "\n"))
		return
	}
	to.Header().Set("content-type", "application/json")
	json.NewEncoder(to).Encode(map[string]any{
		"pod": pod, "method": request.Method, "host": request.Host,
		"path": request.URL.RequestURI(), "headers": request.Header,
	})
}
