package console

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Characters that come in two writes are not taken apart, and JSON stays JSON.
func TestLegibleWriter(t *testing.T) {
	var out bytes.Buffer
	w := &Writer{out: &out}
	text := `{"name": "Zoë 🙂 ` + "\u202e\u0085\U000e0041" + `"}` + "\n\tend\n"
	for i := range len(text) {
		if n, err := w.Write([]byte{text[i]}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if want := `{"name": "Zoë 🙂 \u202e\u0085\udb40\udc41"}` + "\n\tend\n"; out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	var read struct{ Name string }
	if err := json.NewDecoder(&out).Decode(&read); err != nil || read.Name != "Zoë 🙂 \u202e\u0085\U000e0041" {
		t.Errorf("read as %q, %v", read.Name, err)
	}
	out.Reset()
	joined := "👩\u200d💻 ❤\ufe0f می\u200cخواهم boss\u200d\n\u200d\n"
	for i := range len(joined) {
		w.Write([]byte{joined[i]})
	}
	if want := "👩\u200d💻 ❤\ufe0f می\u200cخواهم boss" + `\u200d` + "\n" + `\u200d` + "\n"; out.String() != want {
		t.Errorf("got  %+q\nwant %+q", out.String(), want)
	}
	w.Write([]byte("half \xf0\x9f"))
	if out.Reset(); out.Len() != 0 {
		t.Fatal(out.String())
	}
	if w.Write([]byte("x\n")); out.String() != "\ufffd\ufffdx\n" {
		t.Errorf("a character that never ends: %q", out.String())
	}
}
