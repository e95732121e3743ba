package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// An import that takes its time shows how it goes on: a bar on a terminal that ends
// its line when all is written, and a line for each tenth elsewhere. Of a short one
// nothing is shown.
func TestImportProgress(t *testing.T) {
	shown := func(bar bool, all int) string {
		var out strings.Builder
		show := progress(&out, bar)
		for written := 250; written < all; written += 250 {
			show(written, all)
		}
		show(all, all)
		return out.String()
	}
	for _, bar := range []bool{false, true} {
		if text := shown(bar, longImport-1); text != "" {
			t.Errorf("of a short import is shown %q", text)
		}
	}
	lines := strings.Split(strings.TrimSpace(shown(false, 100_000)), "\n")
	if len(lines) != 10 || lines[0] != "10000 of 100000 rows written" || lines[9] != "100000 of 100000 rows written" {
		t.Errorf("lines: %q", lines)
	}
	bars := strings.Split(shown(true, longImport), "\r")
	if len(bars) != 9 || !strings.Contains(bars[4], "[####################                    ] 1000 of 2000 rows") ||
		!strings.HasSuffix(bars[8], "[########################################] 2000 of 2000 rows \n") {
		t.Errorf("bars: %q", bars)
	}
}

// The verb shows it, beside its answer.
func TestImportShowsProgress(t *testing.T) {
	notShort(t, "imports thousands of rows")
	w := newWorld(t).furnish()
	var file strings.Builder
	file.WriteString("desk,person,start,end\n")
	for n := range longImport {
		from := time.Date(2030, 1, 1, n, 0, 0, 0, time.UTC)
		fmt.Fprintf(&file, "D2,user0002,%s,%s\n", from.Format(time.RFC3339), from.Add(time.Hour).Format(time.RFC3339))
	}
	w.write("many.csv", file.String())
	got := w.run("import", "reservations", w.path("many.csv"))
	if got.code != 0 || strings.Count(got.errs, "of 2000 rows written") != 8 || !strings.Contains(got.out, "2000 added") { // parts of 250
		t.Errorf("exit code %d\n%s%s", got.code, got.out, got.errs)
	}
	if again := w.run("import", "reservations", w.path("many.csv")); strings.Contains(again.errs, "rows written") {
		t.Errorf("nothing was written\n%s", again.errs)
	}
}

// What is thrown away is no terminal, nor is a file.
func TestTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) || isTerminal(&strings.Builder{}) {
		t.Error("taken for a terminal")
	}
}
