package configs

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

// TestMistakes holds each bad file against the messages beside it.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("../testdata/configs/bad-*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("found %d bad files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := Check(file)
			got := messages(t, err)
			if got == "" {
				t.Fatal("nothing found wrong")
			}
			if strings.Contains(got, "hunter") {
				t.Errorf("a secret is repeated in\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// messages returns the lines of err, which has to be Mistakes or nil.
func messages(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[Mistakes](err); !ok {
		t.Fatalf("%T is not Mistakes: %v", err, err)
	}
	return strings.ReplaceAll(err.Error(), filepath.FromSlash("../testdata/configs/"), "") + "\n"
}
