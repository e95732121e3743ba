package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ErrSaid is the error of a verb that has printed what is wrong.
var ErrSaid = errors.New("not right")

// UsageError is a mistake in the command line or the configuration.
type UsageError struct{ error }

// Unwrap is what is wrong.
func (u UsageError) Unwrap() error { return u.error }

// Usage is err as a [UsageError].
func Usage(err error) error { return UsageError{err} }

// UsageIf is err as a [UsageError], nil when it is.
func UsageIf(err error) error {
	if err == nil {
		return nil
	}
	return Usage(err)
}

// Usagef is a [UsageError] in the words of fmt.Errorf.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Required is a usage error when one of the named flags was not given, or given
// empty, as a script does whose variable is not set.
func Required(cmd *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		if cmd.Flags().Lookup(name).Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	if missing == nil {
		return nil
	}
	return Usagef("%s missing; see %s --help", strings.Join(missing, ", "), cmd.CommandPath())
}

// mayBeEmpty are the flags to which an empty text may be given.
var mayBeEmpty = []string{"note", "why", "key"}

// CheckFlags refuses flags that no verb takes as they were given, before the verb does
// anything: an empty one, a form of output that it does not have, two that exclude each
// other, or none of which one is needed.
func CheckFlags(cmd *cobra.Command) error {
	return errors.Join(checkEmpty(cmd), checkOutput(cmd), checkGroups(cmd))
}

// checkEmpty refuses flags that are given with nothing, as a script does whose
// variable is not set: the verb would act on more than was meant.
func checkEmpty(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && strings.TrimSpace(f.Value.String()) == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = Usagef("--%s is empty; see %s --help", f.Name, cmd.CommandPath())
		}
	})
	return err
}

// Takes is the check of a verb that has n arguments, as its Use says.
func Takes(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch _, expected, _ := strings.Cut(cmd.Use, " "); {
		case len(args) > n:
			return Usagef("unexpected argument %q; see %s --help", args[n], cmd.CommandPath())
		case len(args) < n:
			return Usagef("expected %s; see %s --help", expected, cmd.CommandPath())
		case slices.ContainsFunc(args, func(a string) bool { return strings.TrimSpace(a) == "" }):
			return Usagef("expected %s, and one of them is empty; see %s --help", expected, cmd.CommandPath())
		}
		return nil
	}
}

// VerbOf is the check of a command that has verbs: any argument is the name of one that
// it does not have.
func VerbOf(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	meant := ""
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		meant = fmt.Sprintf("did you mean %q? ", near[0])
	}
	return Usagef("there is no %s %s; %ssee %[1]s --help", cmd.CommandPath(), args[0], meant)
}

// FlagText words the mistake in a flag.
func FlagText(err error) string {
	bad, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err.Error()
	}
	forms := map[string]string{"int": "a whole number", "float64": "a number", "duration": "a duration such as 2h30m", "bool": "true or false"}
	if form := forms[bad.GetFlag().Value.Type()]; form != "" {
		return fmt.Sprintf("--%s %q: expected %s", bad.GetFlag().Name, bad.GetValue(), form)
	}
	return fmt.Sprintf("--%s %q: %v", bad.GetFlag().Name, bad.GetValue(), bad.Unwrap())
}

// AtMostOne is the check of a verb with one argument that is optional.
func AtMostOne(cmd *cobra.Command, args []string) error { return Takes(min(1, len(args)))(cmd, args) }

// groupLack and groupClash are how cobra words flags of which one is needed, and flags that
// exclude each other.
var (
	groupLack  = regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)
	groupClash = regexp.MustCompile(`; \[(.*)\] were all set$`)
)

// checkGroups says in the words of the other mistakes what cobra finds in flags that belong
// together.
func checkGroups(cmd *cobra.Command) error {
	err := cmd.ValidateFlagGroups()
	if err == nil {
		return nil
	}
	named := func(names string) []string {
		all := strings.Fields(names)
		for i, name := range all {
			all[i] = "--" + name
		}
		return all
	}
	if lack := groupLack.FindStringSubmatch(err.Error()); lack != nil {
		all := named(lack[1])
		return Usagef("%s or %s missing; see %s --help", strings.Join(all[:len(all)-1], ", "), all[len(all)-1], cmd.CommandPath())
	}
	if clash := groupClash.FindStringSubmatch(err.Error()); clash != nil {
		return Usagef("%s exclude each other; see %s --help", strings.Join(named(clash[1]), " and "), cmd.CommandPath())
	}
	return Usage(err)
}
