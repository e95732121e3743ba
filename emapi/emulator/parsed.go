package emulator

import "fmt"

// parsed stores the value that parse reads from a text, or says what was expected.
func parsed[T any](to *T, parse func(string) (T, error), wanted string) func(string) error {
	return func(text string) error {
		v, err := parse(text)
		if err != nil {
			return fmt.Errorf("expected %s", wanted)
		}
		*to = v
		return nil
	}
}
