// calico-felix: Calico's policy agent and its CNI plugin in one program, which have nearly all of their code in common. Under the name
// `calico` it is the plugin, which a container runtime calls by a link of that name. Under any other name it is the agent, whose settings
// are environment variables (FELIX_…).
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/projectcalico/calico/cni-plugin/pkg/plugin"
	"github.com/projectcalico/calico/felix/daemon"
)

// version is set by the linker.
var version = "unknown"

// Felix reads this file when it is there; nodes have none.
const configuration = "/etc/calico/felix.cfg"

func main() {
	if filepath.Base(os.Args[0]) == "calico" {
		plugin.Main(version)
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(version)
		return
	}
	daemon.Run(configuration, version, "", "")
}
