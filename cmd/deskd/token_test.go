package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A token is made, its secret shown once, and revoked; a list never shows a secret.
func TestToken(t *testing.T) {
	w := newWorld(t).furnish()
	w.expect(w.run("token", "list"), result{0, "no tokens\n", ""})
	var made struct {
		ID, Secret, Person, By string
		Scopes                 []string
	}
	if err := json.Unmarshal([]byte(w.must("token", "create", "--scope", "write,read", "--person", "USER0001", "--expires", "90d", "-o", "json")), &made); err != nil {
		t.Fatal(err)
	}
	if made.Person != "user0001" || strings.Join(made.Scopes, " ") != "read write" || !strings.HasPrefix(made.Secret, "deskd_") || !strings.HasPrefix(made.By, "cli:") {
		t.Errorf("made %+v", made)
	}
	w.contains(w.run("token", "create", "--scope", "read", "--role", "auditor", "--note", "for the wall"), 0, ": read as auditor, until it is revoked\ndeskd_")
	listed := w.run("token", "list")
	w.contains(listed, 0, made.ID, "api   read,write  user0001  -        -      valid", "read        -         auditor", "for the wall")
	if strings.Contains(listed.out, "deskd_") {
		t.Errorf("a list shows a secret: %s", listed.out)
	}
	w.expect(w.run("token", "revoke", made.ID), result{0, "revoked: token " + made.ID + "\n", ""})
	w.contains(w.run("token", "list", "-o", "csv"), 0, "id,kind,scopes,person,role,shows,state,expires,used,by,note\n", made.ID+",api,\"read,write\",user0001,,,revoked,")
	w.expect(w.run("token", "revoke", "nowhere"), result{1, "", "deskd: there is no token \"nowhere\"; see deskd token list\n"})
	for line, want := range map[string]string{
		"token":        "expected create, calendar, list or revoke; see deskd token --help",
		"token create": "--scope missing; see deskd token create --help",
		"token create --scope fly --role auditor":                 `--scope: scope "fly": read, write, operate or admin`,
		"token create --scope read":                               "a token of no person needs a role",
		"token create --scope read --role king":                   `role "king": employee, delegate, facilities, telephony or auditor`,
		"token create --scope read --role auditor --expires soon": `--expires: "soon" is not a time such as 90d or 12h`,
		"token revoke": "expected ID; see deskd token revoke --help",
	} {
		w.expect(w.run(strings.Fields(line)...), result{2, "", "deskd: " + want + "\n"})
	}
}
