package erasure

import "testing"

func TestMentions(t *testing.T) {
	m := mentionsOf("jane", "Zoë", "jane@example.com", "", "Jane Doe", "a.b")
	for text, want := range map[string]string{
		"":                                 "",
		"jane":                             "(erased)",
		"JANE's booking, jane. jane, jane": "(erased)'s booking, (erased). (erased), (erased)",
		"jane.doe janet jane-2 maryjane x.jane jane_ jane2": "jane.doe janet jane-2 maryjane x.jane jane_ jane2",
		"(jane) \"jane\" <jane@example.com>":                "((erased)) \"(erased)\" <(erased)>",
		"jane@example.org and 1jane@example.com":            "jane@example.org and 1jane@example.com",
		"ZOË, zoé":                                          "(erased), zoé",
		"jane doe":                                          "(erased)",
		"aXb a.b":                                           "aXb (erased)",
		"janejane jane jane":                                "janejane (erased) (erased)",
	} {
		same(t, text, want, m.replaced(text))
		same(t, text, text != want, m.in(text))
	}
	same(t, "of nobody", "anything", mentionsOf("", " ").replaced("anything"))
}
