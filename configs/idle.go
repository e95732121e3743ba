package configs

import "fmt"

// IdleLogout says when a session that is outside every booking of its person ends, since nobody
// has touched the phone.
type IdleLogout struct {
	After Duration `yaml:"after"` // nobody has for so long, 0: it does not end by that
}

// shortestIdle is how long nobody has to have touched a phone, at least: a phone says every
// minute that it rests.
const shortestIdle = 5 * minute

func (f *findings) idle(p Phones) {
	const key = "phones.idle_logout"
	after := p.IdleLogout.After
	f.add(key+".after", atLeast(after, 0))
	if after <= 0 {
		return
	}
	if after < shortestIdle {
		f.add(key+".after", complaint{fmt.Sprintf("must be at least %s, or 0s, is %s", shortestIdle, after), "people read and think without touching their phone"})
	}
	if p.BaseURL == "" {
		f.add(key, complaint{"needs phones.base_url", "write the address by which phones reach deskd: they have to say that they rest"})
	}
	if len(p.Networks) == 0 {
		f.add(key, complaint{"needs phones.networks", "name the networks that the phones are in: none other is believed"})
	}
}
