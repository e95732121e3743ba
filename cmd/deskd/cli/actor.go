package cli

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// Actor names who runs the verb, for the audit.
func Actor(cmd *cobra.Command) string {
	if cmd.Name() == "serve" {
		return "daemon"
	}
	login, _ := os.ReadFile("/proc/self/loginuid") // without one nobody is known to have logged in
	p := process{uid: os.Getuid(), sudoUser: os.Getenv("SUDO_USER"), loginUID: string(login)}
	return "cli:" + p.runBy(uidOf, nameOf)
}

// process is what a process knows of the person who runs it.
type process struct {
	uid      int
	sudoUser string // as sudo says, or as was set by hand
	loginUID string // as the kernel says
}

// runBy is the user of the process. The person behind sudo is named instead
// when root runs it and the kernel says that this person has logged in: anyone
// can set SUDO_USER, and only root the number that the kernel keeps of a login.
func (p process) runBy(uidOf func(name string) (int, bool), nameOf func(uid int) string) string {
	login, err := strconv.ParseUint(strings.TrimSpace(p.loginUID), 10, 32)
	if p.uid != 0 || p.sudoUser == "" || err != nil || login == noLogin {
		return nameOf(p.uid)
	}
	if behind, known := uidOf(p.sudoUser); !known || uint64(behind) != login { //nolint:gosec // uids are not negative
		return nameOf(p.uid)
	}
	return p.sudoUser
}

// noLogin is the kernel's login uid of a process that nobody's login has begun.
const noLogin = 1<<32 - 1

func uidOf(name string) (int, bool) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, false
	}
	uid, err := strconv.Atoi(u.Uid)
	return uid, err == nil
}

func nameOf(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprint(uid)
}
