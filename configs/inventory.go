package configs

import (
	"fmt"
	"regexp"
	"strings"
)

// Inventory says which services of a cluster deskd asks where its phones are, and how they
// are set up. Both are read alone, each with a user of its own; neither has to be there.
type Inventory struct {
	Every Duration   `yaml:"every"` // between two looks, at least a minute
	RIS   RISService `yaml:"ris"`   // RISPort70: where phones are
	AXL   AXLService `yaml:"axl"`   // Administrative XML: how phones and people are set up
}

// RISService is where RISPort70 is, and who asks it. Without URL it is not asked.
type RISService struct {
	URL          string   `yaml:"url"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	PasswordEnv  string   `yaml:"password_env"`
	CAFile       string   `yaml:"ca_file"` // PEM; without it and PinSHA256, those of the cluster
	PinSHA256    []string `yaml:"pin_sha256"`
}

// AXLService is that of Administrative XML.
type AXLService struct {
	URL          string   `yaml:"url"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	PasswordEnv  string   `yaml:"password_env"`
	CAFile       string   `yaml:"ca_file"`
	PinSHA256    []string `yaml:"pin_sha256"`
	Version      string   `yaml:"version"` // of the schema: no newer than the cluster
}

// service is what both have.
func (a AXLService) service() RISService {
	return RISService{a.URL, a.User, a.PasswordFile, a.PasswordEnv, a.CAFile, a.PinSHA256}
}

// Services are those of a cluster that are asked, by the key that they have in inventory. Where
// one names no certificates, those of the cluster decide.
func (c Cluster) Services() map[string]RISService {
	all := make(map[string]RISService)
	for key, s := range map[string]RISService{"ris": c.Inventory.RIS, "axl": c.Inventory.AXL.service()} {
		if s.URL == "" {
			continue
		}
		if s.CAFile == "" && len(s.PinSHA256) == 0 {
			s.CAFile, s.PinSHA256 = c.CAFile, c.PinSHA256
		}
		all[key] = s
	}
	return all
}

func (s RISService) secret() secret {
	return secret{"password", "password", s.PasswordFile, s.PasswordEnv, "the password of user"}
}

// Password reads the password of User, as [Cluster.Password] does.
func (s RISService) Password() (string, error) {
	text, err := s.secret().read()
	if err != nil {
		return "", fmt.Errorf("read password of %s: %w", s.URL, err)
	}
	return text, nil
}

// axlVersion is how Cisco numbers the schema.
var axlVersion = regexp.MustCompile(`^[0-9]{1,2}\.[0-9]$`)

// inventory checks that of a cluster.
func (f *findings) inventory(key string, i Inventory) {
	f.add(key+".every", atLeast(i.Every, minute))
	f.service(key+".ris", i.RIS)
	f.service(key+".axl", i.AXL.service())
	if !axlVersion.MatchString(i.AXL.Version) {
		f.add(key+".axl.version", complaint{fmt.Sprintf("%q is no version of AXL", i.AXL.Version), `expected one like "14.0", no newer than the phone system`})
	}
}

func (f *findings) service(key string, s RISService) {
	each(f, key+".pin_sha256", s.PinSHA256, checkPin)
	if s.URL == "" {
		if s.User != "" || s.secret().set() {
			f.add(key+".url", complaint{"missing: it is not asked", "write the address of the service, or take the other keys away"})
		}
		return
	}
	f.add(key+".url", checkServiceURL(s.URL))
	f.add(key+".user", required(s.User))
	switch {
	case s.PasswordFile == "" && s.PasswordEnv == "" && !f.isBlamed(key+".password_env"):
		f.add(key+".password_file", complaint{"missing", "or name an environment variable in password_env"})
	case s.PasswordFile != "" && s.PasswordEnv != "":
		f.add(key+".password_env", complaint{"stands beside password_file", "keep one of the two"})
	}
	f.add(key+".password_env", checkEnv(s.PasswordEnv))
}

// checkServiceURL judges the address of a service.
func checkServiceURL(raw string) complaint {
	c := checkClusterURL(raw)
	c.what = strings.ReplaceAll(strings.ReplaceAll(c.what, "the application password", "the password"), "which the phone system ignores", "which deskd does not take from there")
	c.hint = strings.ReplaceAll(c.hint, "name the application user in app_id and keep its password in a file", "name the user in user and keep the password in a file")
	return c
}

// inventoryFiles checks the files that the services of a cluster name.
func (f *findings) inventoryFiles(key string, c Cluster) {
	for of, s := range map[string]RISService{"ris": c.Inventory.RIS, "axl": c.Inventory.AXL.service()} {
		under := key + ".inventory." + of
		if kept := s.secret(); kept.set() {
			_, err := kept.read()
			f.add(under+"."+kept.key(), kept.complain(err))
		}
		if s.CAFile != "" {
			f.add(under+".ca_file", checkCA(s.CAFile, "the service"))
		}
	}
}

// redact hides what may be a secret, as [Config.Redacted] says.
func (i *Inventory) redact() {
	for _, url := range []*string{&i.RIS.URL, &i.AXL.URL} {
		if *url != "" {
			*url = withoutQuery(*url)
		}
	}
	for _, value := range []*string{&i.RIS.User, &i.RIS.PasswordEnv, &i.AXL.User, &i.AXL.PasswordEnv} {
		hide(value)
	}
}
