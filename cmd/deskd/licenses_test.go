package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// legal matches the files of a module that have to go with the program.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-].*)?$`)

// TestLicenses holds licenses.txt against the modules that the go command links
// into deskd; -update writes it.
func TestLicenses(t *testing.T) {
	var want strings.Builder
	fmt.Fprintln(&want, "deskd is licensed under the Apache License 2.0. It contains the following works,\nunder their own licences.")
	modules := linked(t)
	system := slices.IndexFunc(modules, func(m []string) bool { return m[0] == "golang.org/x/sys" }) // whose licence is that of Go, which a distribution may keep elsewhere
	if system < 0 {
		t.Fatal("golang.org/x/sys is not linked: find Go's own licence elsewhere")
	}
	for _, m := range append([][]string{{"Go's runtime and standard library", "", modules[system][2]}}, modules...) {
		files := legalFiles(t, m[2])
		if len(files) == 0 {
			t.Errorf("%s has no licence", m[0])
		}
		for _, f := range files {
			text, err := os.ReadFile(filepath.Join(m[2], f))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "\n%s\n%s: %s\n\n%s", strings.Repeat("=", 78), strings.TrimSpace(m[0]+" "+m[1]), f, plain(text))
		}
	}
	if *update {
		if err := os.WriteFile("licenses.txt", []byte(want.String()), 0o644); err != nil { //nolint:gosec // it is published
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(want.String(), thirdParties); diff != "" {
		t.Errorf("licenses.txt is not that of the modules: make licenses (-want +got):\n%s", diff)
	}
	w := newWorld(t)
	w.contains(w.run("version", "--licenses"), 0, "Go's runtime and standard library: LICENSE", "gorm.io/gorm", "modernc.org/sqlite")
}

// linked are path, version and folder of the modules in deskd.
func linked(t *testing.T) [][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	var modules [][]string
	for _, line := range slices.Compact(lines) {
		if line != "" {
			modules = append(modules, strings.Split(line, "\t"))
		}
	}
	if len(modules) < 20 {
		t.Fatalf("only %d modules", len(modules))
	}
	return modules
}

func legalFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && legal.MatchString(e.Name()) {
			files = append(files, e.Name())
		}
	}
	return files
}

// plain is text with the line ends of this file and without blanks behind lines.
func plain(text []byte) string {
	var b strings.Builder
	for line := range bytes.Lines(bytes.TrimSpace(text)) {
		b.Write(bytes.TrimRight(line, " \t\r\n"))
		b.WriteByte('\n')
	}
	return b.String()
}
