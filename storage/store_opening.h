// Opening a torrent's files: names, a look at what lies there, and hashing it with all workers.
// Ends with StoreHandler::OnOpened; before that OnChecking tells how far it is.
#pragma once

#include <memory>

#include "storage/piece_store.h"
#include "storage/store_jobs.h"

namespace starling::storage {

void StartOpening(std::shared_ptr<StoreCore> core, const StoreOptions& options);

}  // namespace starling::storage
