package guard

import (
	"deskd/scheduler/phones"
	"deskd/scheduler/plan"
)

// Nodes is the guard of the nodes that others stand in for. While none answers, the
// silence of the whole says more, and what was known of them stays.
type Nodes struct{ down []phones.NodeDown }

// Note takes in which nodes do not answer.
func (n *Nodes) Note(down []phones.NodeDown) { n.down = down }

// Blocks says it of each.
func (n *Nodes) Blocks() []plan.Block {
	var blocks []plan.Block
	for _, d := range n.down {
		blocks = append(blocks, plan.Block{Scope: plan.Scope{Node: d.Host}, Kind: plan.KindNode, Text: d.Cause})
	}
	return blocks
}
