# The two commands: `make up` (from a bare machine to a running cluster) and `make test`. See README.md.
.DELETE_ON_ERROR:
.PHONY: help up up-vm down status image test soak e2e conformance check dist bench clean
# command (or path) = Debian package
VM_HOST := libvirtd=libvirt-daemon /usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so=libvirt-daemon-driver-qemu \
	/etc/libvirt/qemu.conf=libvirt-daemon-system qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils nft=nftables ip=iproute2 \
	mmdebstrap=mmdebstrap mkfs.ext4=e2fsprogs ssh=openssh-client
BUILD := gcc=gcc /usr/include/stdio.h=libc6-dev mmdebstrap=mmdebstrap go=golang-go curl=curl openssl=openssl
TEST := gcc=gcc go=golang-go /usr/include/stdio.h=libc6-dev openssl=openssl curl=curl python3=python3 ip=iproute2 ps=procps bzip2=bzip2 xz=xz-utils zip=zip \
	etcd=etcd-server etcdctl=etcd-client sqlite3=sqlite3 strace=strace java=default-jre-headless /usr/share/java/zookeeper.jar=libzookeeper-java chromium=chromium \
	lxcfs=lxcfs mkfs.xfs=xfsprogs \
	$(VM_HOST) virsh=libvirt-clients isoinfo=genisoimage /usr/share/doc/busybox-static/copyright=busybox-static cpio=cpio \
	iptables=iptables ovs-vsctl=openvswitch-switch /usr/share/OVMF/OVMF_CODE_4M.fd=ovmf swtpm=swtpm swtpm_setup=swtpm-tools bird=bird2 \
	ipset=ipset ping=iputils-ping
NODE := node_modules/.bin/node
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

help:
	@echo "make up      set up everything and bring up the example Kubernetes cluster"
	@echo "             (VM=1: and a virtual machine that one can log in to; make up-vm: that one alone)"
	@echo "make status  what runs"
	@echo "make down    remove everything that make up made, and nothing else"
	@echo "make image   build the KubeNode image of one more Kubernetes version (VERSION=1.36; IMAGE=name:v1.36.3 names it)"
	@echo "make test    unit and integration tests (real Docker engine, no Kubernetes build)"
	@echo "make soak    many cases of properties and faults (CASES=120000 SEEDS=2000), and a cluster on a starved machine"
	@echo "make e2e     tests with real Kubernetes clusters"
	@echo "make conformance   Kubernetes' own tests against a cluster (FOCUS='\\[Conformance\\]' chooses them)"
	@echo "make check   types, lint, layer rule, generated code"
	@echo "make dist    stand-alone executables in dist/"
	@echo "make bench   start time, memory, size; seconds from POST to a running pod (WHAT=scale, WHAT=vm: one table)"

up:
	@scripts/bootstrap $(BUILD) $(if $(VM),$(VM_HOST))
	@VM=$(VM) $(NODE) scripts/up/main.ts up

up-vm:
	@scripts/bootstrap $(BUILD) $(VM_HOST)
	@$(NODE) scripts/up/main.ts up-vm

down:
	@scripts/bootstrap
	@$(NODE) scripts/up/main.ts down

status:
	@scripts/bootstrap
	@$(NODE) scripts/up/main.ts status

image:
	@scripts/bootstrap $(BUILD)
	@$(NODE) scripts/up/main.ts image "$(VERSION)" "$(IMAGE)"

check:
	@scripts/bootstrap
	@$(NODE) scripts/check.ts

dist:
	@scripts/bootstrap
	@$(NODE) scripts/dist.ts

test:
	@scripts/bootstrap $(TEST)
	@scripts/docker-engine up $$PPID
	@$(NODE) scripts/check.ts
	@$(NODE) scripts/dist.ts
	@vitest run --project unit --project integration
	@vitest run --project simulation

# CASES: of streams and bodies (default 120000); SEEDS: of scenarios
# STREAMS: into a node, opened and closed (default 10000)
# SEED=1234 repeats one seed of the simulation; FIRST and SEEDS choose a range of them
# STARVE=0 leaves out the cluster on a starved machine (an hour at most; it needs the Kubernetes build)
soak:
	@scripts/bootstrap $(TEST) $(BUILD)
	@scripts/docker-engine up $$PPID
ifdef SEED
	@SEED=$(SEED) vitest run --project simulation
else
	@CASES=$(CASES) vitest run --project soak test/soak/record-io.soak.ts
	@CHANNEL_STREAMS=10000 CHANNEL_ROUNDS=40 vitest run --project integration packages/scheduler/src/channel
	@CRASH_POINTS=all SEEDS=60 vitest run --project integration packages/mesos-local/src/agent/agent-crash
	@STREAMS=$(or $(STREAMS),10000) vitest run --project integration packages/k8s-executor/src/streams/stream-churn
	@FIRST=$(or $(FIRST),1) SEEDS=$(or $(SEEDS),2000) vitest run --project simulation
ifneq ($(STARVE),0)
	@$(NODE) scripts/up/main.ts prepare
	@vitest run --project soak test/soak/starved-machine.soak.ts
endif
endif

e2e:
	@scripts/bootstrap $(TEST) $(BUILD)
	@scripts/docker-engine up $$PPID
	@$(NODE) scripts/up/main.ts prepare
	@CKE_API_ROUNDS=$${CKE_API_ROUNDS:-20} CKE_VM_ROUNDS=$${CKE_VM_ROUNDS:-20} vitest run --project e2e

# FOCUS, SKIP: regular expressions of tests (default: the conformance tests of the network); PROCS: tests at the same time (default 4)
conformance:
	@scripts/bootstrap $(TEST) $(BUILD)
	@scripts/docker-engine up $$PPID
	@$(NODE) scripts/up/main.ts prepare
	@FOCUS='$(FOCUS)' SKIP='$(SKIP)' PROCS='$(PROCS)' $(NODE) scripts/conformance.ts

bench:
	@scripts/bootstrap $(TEST) $(BUILD)
	@scripts/docker-engine up $$PPID
	@$(NODE) --expose-gc scripts/bench.ts $(WHAT)

clean:
	rm -rf dist node_modules
