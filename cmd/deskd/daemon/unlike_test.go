package daemon

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskd/configs"
	"deskd/scheduler/clock"
	"deskd/store"
	"deskd/store/nodes"
	"deskd/web/view"
)

// twin is a node whose database has another, b, that says what a test has it say.
type twin struct {
	*testing.T
	d   *Instance
	st  *store.Store
	log bytes.Buffer
}

func newTwin(t *testing.T) *twin {
	c, st := installation(t, "")
	w := &twin{T: t, st: st}
	p, err := NewParts(c, st, slog.New(slog.NewTextHandler(&w.log, nil)), clock.Clock{})
	ok(t, err)
	w.d, err = New(p)
	ok(t, err)
	w.d.shared = newShared(w.d)
	return w
}

// others says how b is, configured as the node but for what change does, and has the node
// compare.
func (w *twin) others(n nodes.Node, change func(c *configs.Config)) {
	w.Helper()
	c := w.d.Config
	change(&c)
	settings, err := c.Settings()
	ok(w.T, err)
	if n.Name, n.Started = "b", time.Now(); n.Seen.IsZero() {
		n.Seen = time.Now()
	}
	if n.Settings == nil {
		n.Settings = settings
	}
	ok(w.T, w.st.Nodes().Say(w.Context(), n))
	w.log.Reset()
	ok(w.T, w.d.shared.compare(w.Context()))
}

// told checks what is told of b, and what the log has got.
func (w *twin) told(text, logged string) {
	w.Helper()
	got := ""
	for _, n := range w.d.notices.at(time.Now()) {
		if n.Kind == view.KindSettings && n.Of == "b" {
			got += n.Text
		}
	}
	if got != text {
		w.Errorf("told: %q, want %q", got, text)
	}
	if log := w.log.String(); logged == "" && log != "" || !strings.Contains(log, logged) {
		w.Errorf("the log got %q, want %q", log, logged)
	}
}

// Nodes of one database that are configured otherwise are told, with the keys, until they are alike
// or one has ended.
func TestUnlikeNodes(t *testing.T) {
	w := newTwin(t)
	alike := func(*configs.Config) {}
	unlike := func(c *configs.Config) { c.Policy.Stranger, c.Database.Node, c.Listen = "wait", "b", "127.0.0.1:1" }
	const one = "Node b is configured otherwise than this one: policy.stranger."
	running := func(want int64) {
		t.Helper()
		if got := w.d.shared.running.Load(); got != want {
			t.Errorf("%d nodes run, want %d", got, want)
		}
	}
	w.others(nodes.Node{}, alike)
	w.told("", "")
	running(2)
	w.others(nodes.Node{}, unlike)
	w.told(one, `level=WARN msg="another node is configured otherwise" node=b keys=policy.stranger`)
	for path, want := range map[string]string{"/": one, "/readyz": one, "/metrics": `deskd_degraded{kind="settings",of="b"} 1`} {
		r := httptest.NewRecorder()
		w.d.page.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		if !strings.Contains(r.Body.String(), want) {
			t.Errorf("%s does not say it:\n%s", path, r.Body)
		}
	}
	w.others(nodes.Node{}, unlike)
	w.told(one, "") // the log was told
	w.others(nodes.Node{}, func(c *configs.Config) {
		unlike(c)
		c.Policy.Grace, c.Policy.Lead, c.Policy.Ready, c.Policy.MinLeft, c.Policy.Walkups, c.Jobs.Nightly = 1, 1, 1, 1, "end", "1 1 * * *"
	})
	w.told("Node b is configured otherwise than this one: jobs.nightly, policy.grace, policy.lead, policy.min_left, policy.ready, policy.stranger and 1 more.", "policy.stranger and 1 more")
	w.others(nodes.Node{}, alike)
	w.told("", `level=INFO msg="the other node is configured as this one, or has ended" node=b`)
	w.others(nodes.Node{}, unlike)
	w.others(nodes.Node{Ended: time.Now()}, unlike)
	w.told("", "or has ended")
	running(1)
	w.others(nodes.Node{Seen: time.Now().Add(-nodes.Silence)}, unlike)
	w.told("", "")
	running(1)
	ok(t, w.st.Nodes().Say(t.Context(), nodes.Node{Name: w.d.shared.name, Seen: time.Now(), Settings: map[string]string{}})) // it has read its file again
	w.others(nodes.Node{Ended: time.Now()}, alike)
	for _, n := range w.d.notices.at(time.Now()) {
		t.Errorf("told: %q", n.Text)
	}
	w.others(nodes.Node{Settings: map[string]string{}}, unlike)
	w.told("Node b is configured otherwise than this one: clusters[main], sites[berlin].", "clusters[main]")
}

// A node says what it has configured, and compares by itself.
func TestNodeSaysSettings(t *testing.T) {
	w := newTwin(t)
	w.others(nodes.Node{Ended: time.Now()}, func(*configs.Config) {})
	ok(t, w.st.Nodes().Say(t.Context(), nodes.Node{Name: "b", Started: time.Now(), Seen: time.Now(), Settings: map[string]string{"clusters[gone]": ""}}))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.d.sayNode(ctx); close(ended) }()
	deadline := time.Now().Add(20 * time.Second)
	for len(w.d.notices.at(time.Now())) == 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-ended
	w.log.Reset()
	w.told("Node b is configured otherwise than this one: clusters[gone], clusters[main], sites[berlin].", "")
	all, err := w.st.Nodes().Nodes(t.Context())
	ok(t, err)
	for _, n := range all {
		if unlike := w.d.settings.Unlike(n.Settings); n.Name != "b" && (len(n.Settings) == 0 || unlike != nil) {
			t.Errorf("it says %v of itself, unlike its configuration in %v", n.Settings, unlike)
		}
	}
}
