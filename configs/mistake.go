package configs

import (
	"fmt"
	"strings"
)

// Mistake is one thing wrong with a configuration file.
type Mistake struct {
	File string `json:"file"`
	// Line and Column begin at 1 and say where the key stands, or the nearest
	// key above it when it is missing. Line is 0 when the file as a whole is meant.
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Key    string `json:"key,omitempty"` // such as clusters[0].max_concurrent
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"` // what to do
}

// String returns the mistake on one line:
//
//	deskd.yaml:12:5: clusters[0].max_concurrent: must be at least 1, is 0 (hint)
func (m Mistake) String() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", m.Line, m.Column)
	}
	if m.Key != "" {
		b.WriteString(": " + m.Key)
	}
	b.WriteString(": " + m.What)
	if m.Hint != "" {
		b.WriteString(" (" + m.Hint + ")")
	}
	return b.String()
}

// Mistakes is the error of [Parse], [Load] and [Config.CheckFiles]: everything
// wrong with a file, in the order of the file. It is never empty.
type Mistakes []Mistake

// Error returns the mistakes one per line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// complaint is what a check has to say about a value: what is wrong and what to
// do about it. The zero complaint says that nothing is.
type complaint struct{ what, hint string }

func (c complaint) none() bool { return c.what == "" }
