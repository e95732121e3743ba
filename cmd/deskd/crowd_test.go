//go:build !race

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A hundred and twenty-eight programs that search, list, book, extend and cancel at once are
// all answered: none is taken for someone without a token, nothing fails, and the daemon grows
// no further. DESKD_CROWD says for how long.
func TestCrowdOfPrograms(t *testing.T) {
	length := os.Getenv("DESKD_CROWD")
	if length == "" {
		t.Skip("make crowd runs it: a minute of all that the machine has")
	}
	lasts, err := time.ParseDuration(length)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t).furnish()
	d := w.start()
	d.ready()
	all := w.clients(128, d.page)
	var mu sync.Mutex
	count, took := make(map[int]int), make(map[string][]time.Duration)
	end := time.Now().Add(lasts)
	var crowd sync.WaitGroup
	for i, c := range all {
		crowd.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				for _, one := range c.visit(t, i, n) {
					mu.Lock()
					count[one.status]++
					took[one.what] = append(took[one.what], one.took)
					mu.Unlock()
				}
			}
		})
	}
	time.Sleep(lasts / 3)
	early := d.memory()
	crowd.Wait()
	late := d.memory()
	for what, times := range took {
		slices.Sort(times)
		at := func(share float64) time.Duration {
			return times[int(share*float64(len(times)-1))].Round(time.Millisecond)
		}
		t.Logf("%-7s %6d requests: median %s, p95 %s, p99 %s, max %s", what, len(times), at(0.5), at(0.95), at(0.99), at(1))
	}
	t.Logf("answers %v; memory %d kB after a third, %d kB at the end", count, early, late)
	for status := range count {
		if !slices.Contains([]int{200, 201, 409, 429, 503}, status) {
			t.Errorf("%d answers with %d", count[status], status)
		}
	}
	if late > early*5/4 {
		t.Errorf("memory: %d kB, then %d", early, late)
	}
	if n := w.count(doubles); n != 0 {
		t.Errorf("%d double bookings", n)
	}
}

// visited is an answer of a visit.
type visited struct {
	what string
	said
}

// visit searches, lists, books, extends and cancels.
func (c client) visit(t *testing.T, i, n int) (all []visited) {
	ask := func(what, method, path, body string) said {
		got, err := c.ask(t.Context(), method, path, body)
		if err != nil {
			t.Error(what, err)
		}
		all = append(all, visited{what, got})
		return got
	}
	start := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, 1+rand.IntN(60)).Add(time.Duration(rand.IntN(20)) * time.Hour)
	span := func(from, to time.Duration) (string, string) {
		return start.Add(from).Format(time.RFC3339), start.Add(to).Format(time.RFC3339)
	}
	from, to := span(0, time.Hour)
	_, later := span(0, 90*time.Minute)
	ask("search", http.MethodGet, "/desks?site=berlin&free_from="+from+"&free_to="+to, "")
	ask("list", http.MethodGet, "/reservations?limit=50", "")
	made := ask("book", http.MethodPost, "/reservations", fmt.Sprintf(`{"desk":"D%d","person":"user%04d","start":%q,"end":%q}`, 1+(i+n)%3, 1+i%3, from, to))
	if made.status != http.StatusCreated {
		return all
	}
	path := strings.TrimPrefix(made.header.Get("Location"), "/api/v1")
	ask("extend", http.MethodPost, path+"/extend", fmt.Sprintf(`{"until":%q}`, later))
	ask("cancel", http.MethodDelete, path, "")
	return all
}

// memory is what the process has in memory, in kB.
func (d *process) memory() int {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}
