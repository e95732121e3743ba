package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Confirm asks for what shows that the consequences are meant, and returns what was
// typed. A standard input that is no terminal is a
// usage error: no person would see the question.
func Confirm(in io.Reader, out io.Writer, question string) (typed string, err error) {
	if f, ok := in.(*os.File); ok {
		file, err := f.Stat()
		if err != nil || file.Mode()&os.ModeCharDevice == 0 {
			return "", Usagef("there is no terminal to confirm at; look at the above, and add --yes")
		}
	}
	fmt.Fprint(out, question)
	typed, err = bufio.NewReader(in).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimSpace(typed), err
}
