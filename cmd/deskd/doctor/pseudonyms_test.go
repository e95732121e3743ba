package doctor

import "testing"

func TestPseudonyms(t *testing.T) {
	p := newPseudonyms()
	p.meet("jdoe", "Jane O'Doe", "Jane.Doe@example.com")
	p.meet("a b", "Ann")
	jane, ann, other := p.of("JDOE"), p.of("a b"), p.of("max@example.com")
	tests := map[string]string{
		"":                             "",
		"nobody":                       "nobody",
		"login JDoe.":                  "login " + jane + ".",
		`person "jdoe" is booked`:      `person "` + jane + `" is booked`,
		"jane.doe@EXAMPLE.com, twice":  jane + ", twice",
		"JDOE's booking has ended":     jane + "'s booking has ended",
		"to max@example.com's desk":    "to " + p.of("max@example.com") + "'s desk",
		"<max@example.com>":            "<" + other + ">",
		"Jane and Ann at 09:00 on D1.": jane + " and " + ann + " at 09:00 on D1.",
		"jdoes is another":             "jdoes is another",
		"... & -":                      "... & -",
	}
	for text, want := range tests {
		if got := p.text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
