package emapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCodeClass(t *testing.T) {
	classes := map[Class][]Code{
		Retry:     {CodeNone, 0, 6, 20, 21, 29},
		Busy:      {26},
		Observe:   {7, 18, 25},
		Policy:    {4},
		DeskFault: {5, 11, 12, 22, 23, 27, 41, 13, 24, 31, 47, 201, 216, 999},
		Done:      {19},
		Halt:      {1, 2, 3, 8, 9, 10, 28, 30},
	}
	for class, list := range classes {
		for _, code := range list {
			if got := code.Class(); got != class {
				t.Errorf("class of code %d is %q, expected %q", int(code), got, class)
			}
		}
	}
	for code, row := range codes {
		if row.name == "" || !strings.HasSuffix(row.advice, ".") || strings.Count(row.advice, ". ") > 0 {
			t.Errorf("code %d has name %q and advice %q", int(code), row.name, row.advice)
		}
		if !slices.ContainsFunc([]Class{Retry, Busy, Observe, Policy, DeskFault, Done, Halt}, func(c Class) bool {
			return c == row.class && slices.Contains(classes[c], code)
		}) {
			t.Errorf("code %d of class %q is missing from the table above", int(code), row.class)
		}
	}
	if (Code(13)).Advice() == "" || Code(33).Name() != "cross-cluster error" || Code(205).Name() != "phone application error" {
		t.Error("a code outside the table lacks name or advice")
	}
}

func TestErrorIsItsCode(t *testing.T) {
	err := fmt.Errorf("round 7: %w", &Error{Op: "login", Target: testDevice, Code: 18, Text: "besetzt"})
	var code Code
	var refusal *Error
	switch {
	case !errors.Is(err, CodeOccupied), errors.Is(err, CodeBusy):
		t.Error("errors.Is does not see the code")
	case !errors.As(err, &code), code != 18:
		t.Error("errors.As does not find the code")
	case !errors.As(err, &refusal), refusal.Target != testDevice:
		t.Error("errors.As does not find the Error")
	case errors.Is(err, ErrNotSent), errors.Is(err, ErrUnknownOutcome):
		t.Error("a refusal counts as another failure")
	}
	const want = `round 7: login SEP001122334455: another user logged in (code 18): "besetzt"`
	if err.Error() != want {
		t.Errorf("error is %q, expected %q", err, want)
	}
}
