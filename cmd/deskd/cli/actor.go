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
	return "cli:" + whoRuns(os.Getuid(), os.Getenv("SUDO_USER"), string(login), uidOf, nameOf)
}

// whoRuns is the user of the process. The person behind sudo is named instead
// when root runs it and the kernel says that this person has logged in: anybody
// can set SUDO_USER, and only root the number that the kernel keeps of a login.
func whoRuns(uid int, sudoUser, loginuid string, uidOf func(name string) (int, bool), nameOf func(uid int) string) string {
	login, err := strconv.ParseUint(strings.TrimSpace(loginuid), 10, 32)
	if uid != 0 || sudoUser == "" || err != nil || login == noLogin {
		return nameOf(uid)
	}
	if behind, known := uidOf(sudoUser); !known || uint64(behind) != login { //nolint:gosec // uids are not negative
		return nameOf(uid)
	}
	return sudoUser
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
