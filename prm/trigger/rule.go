package trigger

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"entente/prm/fault"
)

// Node is a condition taken apart, to be read back as a sentence.
type Node struct {
	Kind string // number, words, yes_no, fact, call, list, not, minus, or op
	Name string // of a fact or function, or the operator
	Text string // of a number, words, or true and false
	Args []Node
}

// Compiled is a condition that can be asked.
type Compiled struct {
	About About
	Tree  Node
	Asked []Fact // what it asks for, without values
	run   *vm.Program
}

// operators are those a condition may use.
var operators = []string{"and", "or", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "in"}

// Compile reads a condition. What is wrong with it is said with the place.
// Codes: Invalid.
func Compile(about About, when string) (Compiled, error) {
	out := Compiled{About: about}
	env := envOf(about)
	if env == nil {
		return out, fault.InvalidField("about", "form.choice_wrong")
	}
	when = strings.TrimSpace(when)
	if when == "" {
		return out, fault.InvalidField("when", "form.missing")
	}
	if len([]rune(when)) > mostLength {
		return out, fault.InvalidField("when", "form.too_long", "Most", mostLength)
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return out, wrong(about, when, err)
	}
	if out.Tree, err = out.walk(when, tree.Node); err != nil {
		return out, err
	}
	// the whitelist of walk leaves no loop, no range, no builtin and no call but those of the facts
	out.run, err = expr.Compile(when, expr.Env(env), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(mostNodes))
	if err != nil {
		return out, wrong(about, when, err)
	}
	return out, nil
}

// at is the error that says what stands at a place of a condition.
func at(key, when string, from int, more ...any) error {
	r := []rune(when)
	from = min(max(from, 0), len(r))
	to := from
	for to < len(r) && (unicode.IsLetter(r[to]) || unicode.IsDigit(r[to]) || r[to] == '_') {
		to++
	}
	if to == from && from < len(r) {
		to++
	}
	near := string(r[from:to])
	if near == "" {
		near = "…"
	}
	return fault.InvalidField("when", key, append([]any{"At", from + 1, "Near", near}, more...)...)
}

// wrong says in words what the compiler found.
func wrong(about About, when string, err error) error {
	var f *file.Error
	if strings.Contains(err.Error(), "expected bool") {
		return at("trigger.not_yes_no", when, 0)
	}
	if !errors.As(err, &f) {
		return fault.InvalidField("when", "trigger.unreadable", "At", 1, "Near", "…")
	}
	switch m := f.Message; {
	case strings.HasPrefix(m, "unknown name"):
		return at("trigger.unknown", when, f.From, "Names", names(about))
	case strings.Contains(m, "maximum allowed nodes"):
		return fault.InvalidField("when", "form.too_long", "Most", mostLength)
	case strings.Contains(m, "mismatched types"), strings.Contains(m, "invalid operation"), strings.Contains(m, "cannot use"), strings.Contains(m, "arguments to call"):
		return at("trigger.mismatch", when, f.From)
	}
	return at("trigger.unreadable", when, f.From)
}

func names(about About) string {
	var out []string
	for _, f := range FactsOf(about) {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

// walk takes a condition apart and refuses what it may not use.
func (c *Compiled) walk(when string, n ast.Node) (Node, error) {
	all := func(kind, name string, parts ...ast.Node) (Node, error) {
		out := Node{Kind: kind, Name: name}
		for _, p := range parts {
			x, err := c.walk(when, p)
			if err != nil {
				return out, err
			}
			out.Args = append(out.Args, x)
		}
		return out, nil
	}
	from := n.Location().From
	switch x := n.(type) {
	case *ast.IntegerNode:
		return Node{Kind: "number", Text: strconv.Itoa(x.Value)}, nil
	case *ast.FloatNode:
		return Node{Kind: "number", Text: strconv.FormatFloat(x.Value, 'f', -1, 64)}, nil
	case *ast.StringNode:
		return Node{Kind: "words", Text: x.Value}, nil
	case *ast.BoolNode:
		return Node{Kind: "yes_no", Text: strconv.FormatBool(x.Value)}, nil
	case *ast.IdentifierNode:
		if !known(c.About, x.Value) {
			return Node{}, at("trigger.unknown", when, from, "Names", names(c.About))
		}
		if slices.Contains(FactsOf(c.About), FactOf{x.Value, "function"}) { // is no fact without its argument
			return Node{}, at("trigger.argument", when, from)
		}
		c.ask(Fact{Name: x.Value})
		return Node{Kind: "fact", Name: x.Value}, nil
	case *ast.UnaryNode:
		switch x.Operator {
		case "not", "!":
			return all("not", "", x.Node)
		case "-":
			return all("minus", "", x.Node)
		}
	case *ast.BinaryNode:
		op := map[string]string{"&&": "and", "||": "or"}[x.Operator]
		if op == "" {
			op = x.Operator
		}
		if slices.Contains(operators, op) {
			return all("op", op, x.Left, x.Right)
		}
		return Node{}, at("trigger.operator", when, from)
	case *ast.ArrayNode:
		return all("list", "", x.Nodes...)
	case *ast.CallNode:
		name, ok := x.Callee.(*ast.IdentifierNode)
		if !ok || !slices.Contains(FactsOf(c.About), FactOf{name.Value, "function"}) {
			return Node{}, at("trigger.unknown", when, from, "Names", names(c.About))
		}
		if len(x.Arguments) != 1 {
			return Node{}, at("trigger.argument", when, from)
		}
		arg, ok := x.Arguments[0].(*ast.StringNode)
		if !ok || len(arg.Value) > 100 {
			return Node{}, at("trigger.argument", when, from)
		}
		c.ask(Fact{Name: name.Value, Arg: arg.Value})
		return Node{Kind: "call", Name: name.Value, Text: arg.Value}, nil
	}
	return Node{}, at("trigger.part", when, from)
}

func (c *Compiled) ask(f Fact) {
	if !slices.Contains(c.Asked, f) {
		c.Asked = append(c.Asked, f)
	}
}

// Applies asks a condition of the facts of a subject.
func (c Compiled) applies(env any) (bool, error) {
	if reflect.TypeOf(env) != reflect.TypeOf(envOf(c.About)) {
		return false, fault.New(fault.Internal, "error.internal", "Cause", "facts of another kind")
	}
	out, err := vm.Run(c.run, env)
	if err != nil {
		return false, fault.Wrap(err, fault.Internal, "error.internal")
	}
	yes, _ := out.(bool)
	return yes, nil
}
