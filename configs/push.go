package configs

import (
	"fmt"
	"slices"
)

// Push says as whom deskd has phones carry something out: as a user of the phone system who has
// the phones among their controlled devices.
type Push struct {
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
}

func (p Push) secret() secret {
	return secret{"password", "password", p.PasswordFile, p.PasswordEnv, "the password of user"}
}

// Password reads the password of User, as [Cluster.Password] does.
func (p Push) Password() (string, error) {
	text, err := p.secret().read()
	if err != nil {
		return "", fmt.Errorf("read password of phones.push: %w", err)
	}
	return text, nil
}

// pushes checks what is pushed to phones, and as whom.
func (f *findings) pushes(p Phones) {
	const key = "phones.push"
	s := p.Push.secret()
	if p.Push.User == "" {
		if s.set() {
			f.add(key+".user", complaint{"missing", "write the user of the phone system whose password it is"})
		}
		if p.ClearHistory {
			f.add("phones.clear_history", complaint{"needs phones.push", "write as whom deskd has phones do something: user and password_file"})
		}
		return
	}
	switch {
	case p.Push.PasswordFile == "" && p.Push.PasswordEnv == "" && !f.isBlamed(key+".password_env"):
		f.add(key+".password_file", complaint{"missing", "or name an environment variable in password_env"})
	case p.Push.PasswordFile != "" && p.Push.PasswordEnv != "":
		f.add(key+".password_env", complaint{"stands beside password_file", "keep one of the two"})
	}
	f.add(key+".password_env", checkEnv(p.Push.PasswordEnv))
	if p.ClearHistory && len(p.Networks) == 0 {
		f.add("phones.clear_history", complaint{"needs phones.networks", "name the networks that the phones are in: deskd sends to no other"})
	}
}

// Notices are what people are told on their phones without having asked.
type Notices struct {
	BeforeEnd []Duration `yaml:"before_end"` // so long before the end of their booking
	Moved     bool       `yaml:"moved"`      // that it was moved to another desk
	Next      bool       `yaml:"next"`       // that the next person waits, while they stay
}

// Tells are the notices that are told: none where nothing can be pushed.
func (p Phones) Tells() Notices {
	if p.Push.User == "" || len(p.Networks) == 0 {
		return Notices{}
	}
	return p.Notices
}

// Any reports whether anything is told.
func (n Notices) Any() bool { return len(n.BeforeEnd) > 0 || n.Moved || n.Next }

// How long before an end people are told of it, and how often.
const (
	soonestNotice, latestNotice = 4 * hour, minute
	mostNotices                 = 5
)

// checkNotices judges when people are told that their booking ends.
func (f *findings) checkNotices(n Notices) {
	const key = "phones.notices.before_end"
	if len(n.BeforeEnd) > mostNotices {
		f.add(key, complaint{fmt.Sprintf("has %d instants", len(n.BeforeEnd)), fmt.Sprintf("keep %d at most: each is a page that someone has not asked for", mostNotices)})
	}
	for i, d := range n.BeforeEnd {
		at := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case d < latestNotice || d > soonestNotice:
			f.add(at, complaint{fmt.Sprintf("must be from %s to %s, is %s", latestNotice, soonestNotice, d), "[15m, 5m] tells it twice"})
		case slices.Contains(n.BeforeEnd[:i], d):
			f.add(at, complaint{fmt.Sprintf("%s stands there twice", d), "leave one out"})
		}
	}
}

// checkCalls judges how long an end waits for a call.
func checkCalls(c Config) complaint {
	switch d := c.Policy.End.WaitForCall; {
	case d < 0 || d > hour:
		return complaint{fmt.Sprintf("must be from 0s to 1h, is %s", d), "the next person waits as long"}
	case d > 0 && len(c.Phones.Networks) == 0:
		return complaint{"needs phones.networks", "name the networks that the phones are in: deskd asks no other whether someone is in a call"}
	}
	return complaint{}
}

// pushFiles checks the file or variable of the password.
func (f *findings) pushFiles(p Push) {
	if s := p.secret(); s.set() {
		_, err := s.read()
		f.add("phones.push."+s.key(), s.complain(err))
	}
}

// redact hides what may be a secret, as [Config.Redacted] says.
func (p *Push) redact() {
	hide(&p.User)
	hide(&p.PasswordEnv)
}
