module compat/go-redis-v7

go 1.24

require github.com/go-redis/redis/v7 v7.2.0
