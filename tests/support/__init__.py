"""What tests stand on: a cluster, deployments cut from it, people who use them."""
