package configs

import "fmt"

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
