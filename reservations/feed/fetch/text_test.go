package fetch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"deskd/reservations/feed/ical"
)

// A text is the same wherever it is kept: in memory, in a file, or in both.
func TestSpool(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for _, size := range []int{0, 1, spoolAfter - 1, spoolAfter, spoolAfter + 1, 3*spoolAfter + 7} {
		data := bytes.Repeat([]byte("BEGIN:VCALENDAR\r\n"), size/17+1)[:size]
		text, err := spool(iotest.HalfReader(bytes.NewReader(data)), int64(size))
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if !text.Equal(TextOf(data)) || text.Size() != int64(size) || text.Equal(TextOf(append(data, 'x'))) {
			t.Errorf("%d bytes: size %d, digest %s", size, text.Size(), text.Digest())
		}
		for range 2 { // it may be read again
			if got, err := io.ReadAll(text.Reader()); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes: read back %d, error %v", size, len(got), err)
			}
		}
		if kept := len(text.head); kept > spoolAfter {
			t.Errorf("%d bytes: %d are kept in memory", size, kept)
		}
		left, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("%d bytes: left behind %v, error %v", size, left, err)
		}
		if err := text.Close(); err != nil {
			t.Error(err)
		}
	}
	if !(Text{}).Equal(TextOf(nil)) {
		t.Error("no text is not equal to an empty one")
	}
}

func TestSpoolRefuses(t *testing.T) {
	long := strings.NewReader(strings.Repeat("x", 2*spoolAfter+1))
	if _, err := spool(long, 2*spoolAfter); !errors.Is(err, ical.ErrTooLarge) {
		t.Errorf("a byte too many: error %v", err)
	}
	broken := errors.New("the line is dead")
	for _, before := range []int{0, spoolAfter, spoolAfter + 1} {
		r := io.MultiReader(strings.NewReader(strings.Repeat("x", before)), iotest.ErrReader(broken))
		if text, err := spool(r, ical.MaxSize); !errors.Is(err, broken) || text.Size() != 0 {
			t.Errorf("broken after %d bytes: error %v, %d bytes", before, err, text.Size())
		}
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	if _, err := spool(strings.NewReader(strings.Repeat("x", spoolAfter+1)), ical.MaxSize); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "spool the feed") {
		t.Errorf("without a folder for it: error %v", err)
	}
}
