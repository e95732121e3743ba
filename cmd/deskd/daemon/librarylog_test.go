package daemon

import (
	"bytes"
	"encoding/json"
	"log"
	"log/slog"
	"strings"
	"testing"
)

// What a library logs by itself has the form of the daemon's log.
func TestLibraryLog(t *testing.T) {
	var out bytes.Buffer
	s := new(Server)
	lines := log.New(s.LibraryLog(), "", 0)
	lines.Print("before there is a daemon")
	s.current.Store(&Instance{Parts: &Parts{Log: slog.New(slog.NewJSONHandler(&out, nil))}})
	lines.Print("Unsolicited response received on idle HTTP channel starting with \"BEGIN\"\n")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if line["level"] != "WARN" || line["msg"] != "network library reports" || !strings.HasPrefix(line["text"].(string), "Unsolicited") {
		t.Errorf("logged %q", out.String())
	}
}
