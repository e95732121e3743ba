package fetch

import (
	"fmt"
	"os"
	"strings"
)

// readFile reads a local feed. Its validator is size and time of change.
func (f *Fetcher) readFile(path string, v Validators) (Body, error) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "//localhost"), "//")
	file, err := openFile(path)
	if err != nil {
		return Body{}, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	info, err := file.Stat()
	if err != nil {
		return Body{}, err
	}
	now := Validators{ETag: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())}
	if now == v {
		return Body{Validators: now, NotModified: true}, nil
	}
	text, err := spool(file, f.MaxBytes)
	return Body{Text: text, Validators: now}, err
}

// openFile opens a regular file: opening a pipe would wait for its writer.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a file", path)
	}
	return os.Open(path)
}
