package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// lab is where the rows are measured: the programs, and the houses that were built.
type lab struct {
	folder          string
	temporary       bool
	deskd, emulator string // programs
	houses          map[plot]*house
	started         int // processes
	full, quick     bool
	size            int // the only one, 0 for those of each row
}

// newLab builds the programs. An empty folder stands for a temporary one.
func newLab(ctx context.Context, folder string) (l *lab, err error) {
	l = &lab{folder: folder, houses: make(map[plot]*house)}
	if folder == "" {
		l.temporary = true
		if l.folder, err = os.MkdirTemp("", "deskd-measure"); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return nil, err
	}
	l.deskd, l.emulator = filepath.Join(l.folder, "deskd"), filepath.Join(l.folder, "emulator")
	for program, pkg := range map[string]string{l.deskd: "deskd/cmd/deskd", l.emulator: "deskd/cmd/emulator"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, pkg).CombinedOutput(); err != nil { //nolint:gosec // of this tree
			return nil, fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return l, nil
}

func (l *lab) close() {
	for _, h := range l.houses {
		_ = h.db.Close()
	}
	if l.temporary {
		_ = os.RemoveAll(l.folder)
	}
}

// port is a free address on loopback.
func (l *lab) port() string {
	p, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return "127.0.0.1:0" // the program that wants it says so
	}
	defer func() { _ = p.Close() }()
	return p.Addr().String()
}

// sizes are those of a row: one when it should be quick, with further ones in full.
func (l *lab) sizes(usual []int, further ...int) []int {
	switch {
	case l.size > 0:
		return []int{l.size}
	case l.quick:
		return usual[:1]
	case l.full:
		return append(usual, further...)
	}
	return usual
}

// n is a number of things, or a few for a quick look.
func (l *lab) n(many, few int) int {
	if l.quick {
		return few
	}
	return many
}
