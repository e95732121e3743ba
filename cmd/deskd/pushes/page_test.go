package pushes

import (
	"testing"

	"deskd/configs"
	"deskd/scheduler/notices"
)

// Phones are pushed an address that each of them follows: by http where there is one.
func TestPageOfNotice(t *testing.T) {
	p := &Pushes{Setup: Setup{Page: func(base, _, _, _ string) string { return base }}}
	for want, c := range map[string]configs.Phones{
		"http://a":  {BaseURL: "http://a"},
		"https://b": {BaseURL: "https://b"},
		"http://c":  {BaseURL: "https://c", PlainURL: "http://c"},
	} {
		p.Config.Phones = c
		if got := p.page(notices.Notice{}); got != want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
