package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deskd/configs"
	"deskd/store/nodes"
	"deskd/web/view"
)

// unlikeNamed is how many keys a notice names.
const unlikeNamed = 6

// compare says which of the nodes that run are configured otherwise than this one, and when
// they no longer are: what is done then depends on which of them does it.
func (s *shared) compare(ctx context.Context) error {
	all, err := s.aside.Nodes().Nodes(ctx)
	if err != nil {
		return err
	}
	now, unlike := s.Clock.Now(), make(map[string]string)
	others := slices.DeleteFunc(all, func(n nodes.Node) bool { return n.Name == s.name || !n.Runs(now) })
	s.running.Store(int64(len(others) + 1))
	for _, n := range others {
		keys := configs.Settings(n.Settings).Unlike(s.settings)
		if len(keys) == 0 {
			continue
		}
		text := strings.Join(keys[:min(unlikeNamed, len(keys))], ", ")
		if more := len(keys) - unlikeNamed; more > 0 {
			text = fmt.Sprintf("%s and %d more", text, more)
		}
		unlike[n.Name] = text
	}
	for name, keys := range unlike {
		s.notices.set(view.Notice{
			Kind: view.KindSettings, Of: name, Text: fmt.Sprintf("Node %s is configured otherwise than this one: %s.", name, keys),
			Detail: "What is done depends on which of the two does it. Have both read the same configuration; deskd list nodes names all keys.",
		})
		if s.unlike[name] != keys {
			s.Log.Warn("another node is configured otherwise", "node", name, "keys", keys)
		}
	}
	for name := range s.unlike {
		if _, still := unlike[name]; !still {
			s.notices.dropOf(view.KindSettings, name)
			s.Log.Info("the other node is configured as this one, or has ended", "node", name)
		}
	}
	s.unlike = unlike
	return nil
}
