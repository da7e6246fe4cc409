// Command load sends requests at a steady rate, of several sorts in turn, and
// tells what answered, window by window.
//
// The first line on standard input says what to send:
//
//	{"targets": ["127.0.0.1:15001"], "rate": 1200, "connections": 16,
//	 "sorts": [{"name": "plain", "host": "api:5000", "path": "/", "headers": {"x-cid": "1"}}]}
//
// Each further line ends a window, and prints what its requests got, as soon
// as the last of them has its answer:
//
//	{"mark": true}                      ends the window
//	{"burst": {"sort": "plain", "count": 2000}}  sends so many besides, and tells of these alone
//
// A window is a line of JSON: {"sent": N, "counts": [{"sort", "status", "pod", "count", "sample"?}]}.
// A request belongs to the window in which it was sent. Status 0: no answer came.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type sort struct {
	Name    string            `json:"name"`
	Host    string            `json:"host"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
}

type job struct {
	Targets     []string `json:"targets"`
	Rate        int      `json:"rate"`
	Connections int      `json:"connections"`
	Sorts       []sort   `json:"sorts"`
}

type order struct {
	Mark  bool `json:"mark"`
	Burst *struct {
		Sort  string `json:"sort"`
		Count int    `json:"count"`
	} `json:"burst"`
}

type key struct {
	sort, pod string
	status    int
}

type count struct {
	Sort   string `json:"sort"`
	Status int    `json:"status"`
	Pod    string `json:"pod"`
	Count  int    `json:"count"`
	// Of an answer that was no 200: its body, or why there was none.
	Sample string `json:"sample,omitempty"`
}

// window counts the answers to the requests that were sent while it was open.
type window struct {
	sync.Mutex
	sync.WaitGroup
	counts map[key]*count
	sent   int
}

func newWindow() *window { return &window{counts: map[key]*count{}} }

func (w *window) note(k key, sample string) {
	w.Lock()
	defer w.Unlock()
	w.sent++
	found := w.counts[k]
	if found == nil {
		found = &count{Sort: k.sort, Status: k.status, Pod: k.pod}
		w.counts[k] = found
	}
	found.Count++
	if k.status != http.StatusOK {
		found.Sample = sample
	}
}

func (w *window) print() {
	w.Wait()
	counts := slices.AppendSeq([]*count{}, maps.Values(w.counts))
	slices.SortFunc(counts, func(a, b *count) int {
		return strings.Compare(fmt.Sprint(a.Sort, a.Pod, a.Status), fmt.Sprint(b.Sort, b.Pod, b.Status))
	})
	line, err := json.Marshal(map[string]any{"sent": w.sent, "counts": counts})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}

var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}

func send(target string, of sort, in *window) {
	request, err := http.NewRequest(http.MethodGet, "http://"+target+of.Path, nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Host = of.Host
	for name, value := range of.Headers {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		in.note(key{sort: of.Name}, err.Error())
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		in.note(key{sort: of.Name}, err.Error())
		return
	}
	in.note(key{of.Name, response.Header.Get("x-pod"), response.StatusCode}, string(body))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	var what job
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &what) != nil ||
		len(what.Targets) == 0 || len(what.Sorts) == 0 || what.Rate < 1 || what.Connections < 1 {
		log.Fatal("the first line does not say what to send")
	}

	// The window of the moment; who takes it also says that it is in use, in
	// one step, so that a window that was ended gets no further request.
	var taking sync.Mutex
	current := newWindow()
	take := func() *window {
		taking.Lock()
		defer taking.Unlock()
		current.Add(1)
		return current
	}
	var next atomic.Uint64
	one := func() {
		in := take()
		defer in.Done()
		n := int(next.Add(1))
		send(what.Targets[n%len(what.Targets)], what.Sorts[(n/len(what.Targets))%len(what.Sorts)], in)
	}

	// An open loop: a slow answer does not lower the rate while there are free
	// workers.
	due := make(chan struct{}, what.Rate)
	for range what.Connections {
		go func() {
			for range due {
				one()
			}
		}()
	}
	go func() {
		const step = 5 * time.Millisecond
		owed := 0.0
		last := time.Now()
		for now := range time.Tick(step) {
			owed += now.Sub(last).Seconds() * float64(what.Rate)
			last = now
			for ; owed >= 1; owed-- {
				select {
				case due <- struct{}{}:
				default: // All workers are busy, and as many wait as a second has.
				}
			}
		}
	}()

	for lines.Scan() {
		var told order
		if err := json.Unmarshal(lines.Bytes(), &told); err != nil {
			log.Fatalf("read an order: %v", err)
		}
		if told.Burst != nil {
			burst(what, told.Burst.Sort, told.Burst.Count)
			continue
		}
		taking.Lock()
		ended := current
		current = newWindow()
		taking.Unlock()
		ended.print()
	}
}

// burst sends many requests of one sort as fast as they go.
func burst(what job, name string, many int) {
	at := slices.IndexFunc(what.Sorts, func(s sort) bool { return s.Name == name })
	if at < 0 {
		log.Fatalf("no such sort: %q", name)
	}
	in := newWindow()
	var left atomic.Int64
	left.Store(int64(many))
	for range what.Connections {
		in.Add(1)
		go func() {
			defer in.Done()
			for n := left.Add(-1); n >= 0; n = left.Add(-1) {
				send(what.Targets[int(n)%len(what.Targets)], what.Sorts[at], in)
			}
		}()
	}
	in.print()
}
