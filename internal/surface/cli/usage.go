package cli

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/locale"
)

// misuse are the sentences in which the parser says that a command line is wrong, and how we say it. A pattern's named
// groups are the arguments of the text. What none of them knows is told whole, inside cli.usage.other.
var misuse = []struct {
	says *regexp.Regexp
	key  string
}{
	{regexp.MustCompile(`^unknown flag (?P<flag>\S+), did you mean (?:one of )?(?P<near>.+)\?$`), "cli.usage.flag_near"},
	{regexp.MustCompile(`^unknown flag (?P<flag>\S+)$`), "cli.usage.flag"},
	{regexp.MustCompile(`^unexpected argument (?P<word>.+), did you mean (?:one of )?(?P<near>.+)\?$`), "cli.usage.word_near"},
	{regexp.MustCompile(`^unexpected argument (?P<word>.+)$`), "cli.usage.word"},
	{regexp.MustCompile(`^missing flags: (?P<flags>.+)$`), "cli.usage.flags_needed"},
	{regexp.MustCompile(`^(?:expected|missing positional arguments) "?(?P<args><[^"]+)"?$`), "cli.usage.args_needed"},
	{regexp.MustCompile(`^expected (?:one of )?(?P<commands>".+)$`), "cli.usage.command_needed"},
	{regexp.MustCompile(`^(?P<flag>\S+): expected .*<EOL>`), "cli.usage.value_needed"},
	{regexp.MustCompile(`^(?P<flag>\S+) must be one of (?P<choices>.+) but got "(?P<value>.*)"$`), "cli.usage.choice"},
	{regexp.MustCompile(`^(?P<flag>\S+): bool value .* got "(?P<value>.*)"$`), "cli.usage.bool"},
	{regexp.MustCompile(`^(?P<flag>\S+): expected .* but got "(?P<value>-[^"]*)" \(`), "cli.usage.dash_flag"},
	{regexp.MustCompile(`^(?P<flag>\S+): expected (?P<want>.*?),? but got "(?P<value>.*)"`), "cli.usage.value"},
}

// usage turns the parser's error into a fault in the words of the product: what is wrong with the command line, how to
// mend it and which help to read.
func usage(err error) *fault.Fault {
	said := err.Error()
	help, commands := "rahgosha --help", ""
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		help, commands = whereIn(parse.Context)
		if value := dashed(parse.Context, said); value != "" {
			return fault.New(fault.Invalid, "cli.usage.dash", "value", value, "command", strings.TrimSuffix(help, " --help"), "help", help)
		}
	}
	for _, m := range misuse {
		groups := m.says.FindStringSubmatch(said)
		if groups == nil {
			continue
		}
		f := fault.New(fault.Invalid, m.key, "help", help)
		for i, name := range m.says.SubexpNames()[1:] {
			f.Args[name] = strings.Trim(strings.ReplaceAll(groups[i+1], `"`, ""), " ")
		}
		if f.Args["commands"] != nil && commands != "" {
			f.Args["commands"] = commands // the parser names the first few only
		}
		return f
	}
	return fault.New(fault.Invalid, "cli.usage.other", "help", help, "detail", said)
}

// dashed finds the number below zero that the parser took for a flag, in a command that takes values. The parser names its
// first byte only.
func dashed(ctx *kong.Context, said string) string {
	node := ctx.Selected()
	if node == nil || len(node.Positional) == 0 {
		return ""
	}
	for _, a := range ctx.Args {
		rest, ok := strings.CutPrefix(a, "-")
		if first, _ := utf8.DecodeRuneInString(rest); ok && unicode.IsDigit(first) && strings.HasPrefix(said, "unknown flag "+a[:2]) {
			return a
		}
		if a == "--" {
			break
		}
	}
	return ""
}

// whereIn gives the help of the command that was reached, and its own commands.
func whereIn(ctx *kong.Context) (help, commands string) {
	node := ctx.Selected()
	if node == nil {
		node = ctx.Model.Node
	}
	var names []string
	for _, c := range node.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return node.FullPath() + " --help", strings.Join(names, ", ")
}

// asked finds the language in a command line that could not be read as a whole.
func asked(args []string, other locale.Lang) locale.Lang {
	for i, a := range args {
		v, ok := strings.CutPrefix(a, "--lang=")
		if a == "--lang" && i+1 < len(args) {
			v, ok = args[i+1], true
		}
		if l := locale.Lang(v); ok && (l == locale.FA || l == locale.EN) {
			return l
		}
	}
	return other
}
