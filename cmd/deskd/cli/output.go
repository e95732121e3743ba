package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/console"
)

// AddOutput adds the flag that says in which of several forms a verb answers:
// text or json where none is named, and the first of them without the flag.
func AddOutput(cmd *cobra.Command, forms ...string) {
	if forms == nil {
		forms = []string{"text", "json"}
	}
	last := len(forms) - 1
	words := strings.TrimPrefix(strings.Join(forms[:last], ", ")+" or "+forms[last], " or ")
	cmd.Flags().StringP("output", "o", forms[0], words)
	cmd.Flags().Lookup("output").Annotations = map[string][]string{outputForms: forms}
}

// outputForms is the annotation of a flag that lists the forms it takes.
const outputForms = "forms"

// checkOutput refuses a form of output that the verb does not have.
func checkOutput(cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("output")
	if flag == nil || slices.Contains(flag.Annotations[outputForms], flag.Value.String()) {
		return nil
	}
	return Usagef("--output %q: %s", flag.Value, flag.Usage)
}

// WantsJSON reports whether -o json was given.
func WantsJSON(cmd *cobra.Command) (bool, error) {
	form, err := cmd.Flags().GetString("output")
	return form == "json", err
}

// Answer prints what a verb has done: v as JSON if that is asked for, else text.
func Answer(cmd *cobra.Command, v any, text string) error {
	asJSON, err := WantsJSON(cmd)
	if err != nil {
		return err
	}
	if asJSON {
		return console.JSON(cmd.OutOrStdout(), v)
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), text)
	return err
}

// Prose is where a verb tells people what it does: beside its JSON, standard error.
func Prose(cmd *cobra.Command) io.Writer {
	if asJSON, err := WantsJSON(cmd); err == nil && asJSON {
		return cmd.ErrOrStderr()
	}
	return cmd.OutOrStdout()
}

// Finish ends the answer of a verb that has told people what it did with [Prose]: with
// v, if JSON is asked for.
func Finish(cmd *cobra.Command, v any) error { return Answer(cmd, v, "") }
