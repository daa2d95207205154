// The handlers, one per resource, each in its own file. All run on a loop thread and must not block: what may block
// goes to a pool. (Where a partition had to be looked up first, one without a body is called on a pool thread.) A
// handler that wants the body returns its sink; the others return nothing.
#pragma once

#include <memory>

#include "dicomweb/archive_parts.h"
#include "dicomweb/exchange.h"
#include "net/http.h"

namespace tessera::dicomweb {

using Sink = std::unique_ptr<net::BodySink>;
using Handler = Sink (*)(const ArchiveParts&, ExchangePtr);

Sink store_instances(const ArchiveParts&, ExchangePtr);     // stow.cc            POST, PUT /studies[/{study}]
Sink retrieve_frames(const ArchiveParts&, ExchangePtr);     // frames.cc          GET …/frames/{list}
Sink retrieve_instance(const ArchiveParts&, ExchangePtr);   // instance.cc        GET …/instances/{instance}
Sink retrieve_scope(const ArchiveParts&, ExchangePtr);      // retrieve_scope.cc  GET study, GET series
Sink retrieve_rendered(const ArchiveParts&, ExchangePtr);   // rendered.cc        GET …/rendered at four levels
Sink retrieve_thumbnail(const ArchiveParts&, ExchangePtr);  //                    GET …/thumbnail at four levels
Sink retrieve_metadata(const ArchiveParts&, ExchangePtr);   // metadata.cc        GET …/metadata at three levels
Sink retrieve_bulkdata(const ArchiveParts&, ExchangePtr);   // bulkdata.cc        GET …/bulkdata/{path}
Sink search_studies(const ArchiveParts&, ExchangePtr);      // search.cc          GET /studies
Sink search_series(const ArchiveParts&, ExchangePtr);       //                    GET [/studies/{study}]/series
Sink search_instances(const ArchiveParts&, ExchangePtr);    //                    GET […]/instances
Sink delete_scope(const ArchiveParts&, ExchangePtr);        // delete.cc          DELETE at three levels
Sink list_partitions(const ArchiveParts&, ExchangePtr);     // partitions.cc      GET /partitions
Sink read_feed(const ArchiveParts&, ExchangePtr);           // changefeed.cc      GET /changefeed
Sink read_latest_change(const ArchiveParts&, ExchangePtr);  //                    GET /changefeed/latest
Sink describe_api(const ArchiveParts&, ExchangePtr);        // api_description.cc GET /api.yaml

// The fields of an answer that is a ZIP archive for saving.
void set_zip(const std::string& name, net::Response& response);

// What a path with a partition is told where there are none.
Status partitions_are_off();

}  // namespace tessera::dicomweb
