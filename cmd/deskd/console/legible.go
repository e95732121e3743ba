package console

import (
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"deskd/reservations"
)

// Printf prints as fmt.Fprintf does, with every text among args on one line:
// names, notes and reasons are whatever another program, a calendar or the phone
// system wrote, and must not look like lines of deskd's own.
func Printf(w io.Writer, format string, args ...any) (int, error) {
	return io.WriteString(w, Sprintf(format, args...))
}

// Say prints as [Printf] does where a failure shows elsewhere, as with fmt.Printf.
func Say(w io.Writer, format string, args ...any) { _, _ = Printf(w, format, args...) }

// Sprintf is what [Printf] prints.
func Sprintf(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		safe[i] = a
		if reflect.ValueOf(a).Kind() > reflect.Complex128 { // no number, and no time.Duration
			safe[i] = reservations.Legible(fmt.Sprint(a))
		}
	}
	return fmt.Sprintf(format, safe...)
}

// Legible returns cells with each on one line and in its column.
func Legible(cells []string) []string {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = reservations.Legible(c)
	}
	return safe
}

// Writer writes through to out what can be seen, line ends and tabs, and
// anything else as JSON escapes it, so that JSON stays what it was. Standard
// output and standard error of every verb are behind one.
type Writer struct {
	out    io.Writer
	rest   []byte // of a character that the next Write ends, or which depends on the next
	before string // the last characters that were written
}

// NewWriter returns a [Writer] through to out.
func NewWriter(out io.Writer) io.Writer { return &Writer{out: out} }

// Write implements [io.Writer].
func (l *Writer) Write(text []byte) (int, error) {
	all := append(l.rest, text...)
	whole := len(all)
	for back := 1; back < utf8.UTFMax && back <= len(all); back++ {
		if tail := all[len(all)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= back
			}
			break
		}
	}
	if last, size := utf8.DecodeLastRune(all[:whole]); reservations.Depends(last) {
		whole -= size
	}
	now := string(all[:whole])
	l.rest = append([]byte(nil), all[whole:]...)
	if _, err := io.WriteString(l.out, reservations.LegibleAfter(l.before, now)); err != nil {
		return 0, err
	}
	if now != "" {
		l.before = lastCharacter(now)
	}
	return len(text), nil
}

// lastCharacter is the end of text that says whether what follows belongs to it.
func lastCharacter(text string) string {
	_, size := utf8.DecodeLastRuneInString(text)
	return text[len(text)-size:]
}

// Behind is what a [Writer] writes to, and any other w itself.
func Behind(w io.Writer) io.Writer {
	if l, ok := w.(*Writer); ok {
		return l.out
	}
	return w
}
