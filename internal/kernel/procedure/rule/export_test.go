package rule

import "cel.dev/cel-go/common/types"

// WholeTruth evaluates the rule as one CEL program, without the skeleton: CEL's own answer, to compare ours with.
func (r *Rule) WholeTruth(in Input) Truth {
	v, _, err := r.whole.Eval(r.env.bind(in, r.uses))
	switch {
	case err != nil:
		return Unknown
	case v == types.True:
		return Met
	case v == types.False:
		return NotMet
	}
	return Unknown
}
